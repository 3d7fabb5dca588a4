"""Other systems' shapes: importers and the maps that drive them."""
