"""The room of reviews: what a team of people is asked to judge, the content that they see, and what they said."""
