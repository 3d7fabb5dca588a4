"""Carriers behind one port: asked for labels and pick-ups, asked after parcels, and heard when they push."""
