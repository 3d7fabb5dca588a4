"""How things are found: normalise, tokens, pinyin, rank."""
