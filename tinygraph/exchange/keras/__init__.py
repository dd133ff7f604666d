"""Files of Keras 3: whole models (``.keras``) and weights (``.weights.h5``), read and written without Keras.

What goes across and what does not, see ``docs/files/keras.md``.
"""
