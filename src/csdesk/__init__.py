"""csdesk: the after-sales console for call-centre agents in Chinese e-commerce."""

__version__ = "0.1.0"
