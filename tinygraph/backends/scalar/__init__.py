"""What an elementwise operation computes of one element: its ``scalar``, read and written in any language."""
