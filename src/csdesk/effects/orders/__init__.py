"""Order systems behind one port: looked up, followed, and asked to do what a case needs."""
