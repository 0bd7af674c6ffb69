"""The text room: how severe a text is in each of the four harm categories, and the model behind that judgement."""
