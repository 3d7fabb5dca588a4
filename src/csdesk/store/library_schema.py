"""The tables of a desk's library, apart from their module: a starting console needs them and no search yet.

A file usually holds one desk, so all desks share one FTS table; each has its own range of article ids, and a
search reads only that range. No hit of another desk can show. What desks share is how rare bm25 takes a term
to be.
"""

# library.number is the desk's range of article ids; library.articles spares a search the count.
STATEMENTS = (
    """CREATE TABLE library (
        desk_id TEXT PRIMARY KEY, number INTEGER NOT NULL, articles INTEGER NOT NULL,
        articles_version INTEGER NOT NULL, canned_version INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE article (
        id INTEGER PRIMARY KEY, desk_id TEXT NOT NULL, changed_at INTEGER NOT NULL, external_id TEXT NOT NULL,
        law TEXT NOT NULL, article_no TEXT NOT NULL, text TEXT NOT NULL, number INTEGER NOT NULL,
        suffix INTEGER NOT NULL, title TEXT NOT NULL, chapter TEXT NOT NULL, effective_from TEXT NOT NULL,
        effective_to TEXT NOT NULL, source TEXT NOT NULL, language TEXT NOT NULL, tags TEXT NOT NULL,
        confidence TEXT NOT NULL, kinds TEXT NOT NULL, keywords TEXT NOT NULL, basis TEXT NOT NULL,
        note TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX article_external ON article (desk_id, external_id, source, language)",
    "CREATE INDEX article_law ON article (desk_id, law, number, suffix, effective_from)",
    # The desk's own policies, few among the texts of laws: what a change of law touches.
    "CREATE INDEX article_resting ON article (desk_id, external_id, source) WHERE basis <> ''",
    """CREATE TABLE canned (
        id INTEGER PRIMARY KEY, desk_id TEXT NOT NULL, changed_at INTEGER NOT NULL, external_id TEXT NOT NULL,
        title TEXT NOT NULL, body TEXT NOT NULL, shortcut TEXT NOT NULL, language TEXT NOT NULL,
        source TEXT NOT NULL, topic TEXT NOT NULL, kinds TEXT NOT NULL, states TEXT NOT NULL,
        guards TEXT NOT NULL, articles TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX canned_external ON canned (desk_id, external_id, source, language)",
    """CREATE TABLE forbidden (
        desk_id TEXT NOT NULL, code TEXT NOT NULL, language TEXT NOT NULL, article TEXT NOT NULL,
        unless TEXT NOT NULL, reason TEXT NOT NULL, instead TEXT NOT NULL, phrases TEXT NOT NULL,
        PRIMARY KEY (desk_id, code, language)) WITHOUT ROWID""",
    # Contentless: FTS5 keeps postings only; the text lies in `article`.
    """CREATE VIRTUAL TABLE article_terms USING fts5(
        title, body, initials, content='', contentless_delete=1, tokenize='ascii')""",
    "CREATE VIRTUAL TABLE article_vocabulary USING fts5vocab('article_terms', 'row')",
    """CREATE TABLE article_gram (
        desk_id TEXT NOT NULL, term TEXT NOT NULL, docs INTEGER NOT NULL, sound TEXT,
        PRIMARY KEY (desk_id, term)) WITHOUT ROWID""",
    # Questions that led to an article: their terms in the order of the alphabet, so that no sentence can be read.
    """CREATE TABLE taught (
        id INTEGER PRIMARY KEY, desk_id TEXT NOT NULL, article INTEGER NOT NULL, terms TEXT NOT NULL,
        mass INTEGER NOT NULL, uses INTEGER NOT NULL, at INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX taught_question ON taught (desk_id, article, terms)",
    """CREATE TABLE taught_term (
        desk_id TEXT NOT NULL, term TEXT NOT NULL, question INTEGER NOT NULL,
        PRIMARY KEY (desk_id, term, question)) WITHOUT ROWID""",
    """CREATE TABLE canned_use (
        desk_id TEXT NOT NULL, agent TEXT NOT NULL, canned TEXT NOT NULL, uses INTEGER NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (desk_id, agent, canned)) WITHOUT ROWID""",
    # How far vectors are: by which model, how often they changed, whether all articles had theirs once.
    """CREATE TABLE embedding (
        desk_id TEXT PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL, ready INTEGER NOT NULL)
        WITHOUT ROWID""",
    # A vector is a scale and a byte for each dimension; `hash` is of the text that it was made of.
    """CREATE TABLE article_vector (
        desk_id TEXT NOT NULL, article INTEGER NOT NULL, hash BLOB NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (desk_id, article)) WITHOUT ROWID""",
    "CREATE INDEX article_gram_sound ON article_gram (desk_id, sound) WHERE sound IS NOT NULL",
)
