"""What the chapters need beside the mathematics: figures, scenes and worked examples.

Needs the optional dependencies of the course: ``matplotlib`` for figures, ``scipy`` and
``scikit-image`` for the photographs.
"""
