"""The page that a model is explored with: its data, and the HTML, CSS and JavaScript that show them."""
