"""Where it is kept: schema, migrations, chain, crypto, search index."""
