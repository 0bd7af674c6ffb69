"""What a file says of itself before a pixel is decoded, read under bounds of our own, one module for each format.

Where it is easy, the decoder is given a file made anew of the parts that decoding needs: then what a file may hold besides
(texts, profiles, thumbnails, further frames, a million empty blocks) is no decoder's concern.
"""
