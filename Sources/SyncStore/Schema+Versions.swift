extension Schema {
  /// The versions of the mappings folder: the content of each file once, by its SHA-256, and which files made a version.
  ///
  /// `kept_at` is when a version was written down, `live_at` when it first ran; one that was only kept because a rollback
  /// replaced it never did. An event names the version that it was planned with; without REFERENCES, since a version
  /// may be forgotten when nothing is left to do that came of it.
  static let versions = """
    CREATE TABLE mapping_file (
      digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
      content BLOB NOT NULL
    ) STRICT;

    CREATE TABLE mapping_version (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      origin TEXT NOT NULL CHECK (origin IN ('start', 'edit', 'rollback', 'set-aside')),
      rolled_back_to INTEGER CHECK ((origin = 'rollback') = (rolled_back_to IS NOT NULL)),
      kept_at INTEGER NOT NULL,
      live_at INTEGER CHECK (origin <> 'set-aside' OR live_at IS NULL)
    ) STRICT;

    CREATE TABLE mapping_version_file (
      version INTEGER NOT NULL REFERENCES mapping_version (id) ON DELETE CASCADE,
      path TEXT NOT NULL,
      digest TEXT NOT NULL REFERENCES mapping_file (digest),
      PRIMARY KEY (version, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mapping_version_of_file ON mapping_version_file (digest);

    CREATE TABLE mapping_live (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version INTEGER NOT NULL REFERENCES mapping_version (id)
    ) STRICT;

    ALTER TABLE event ADD COLUMN mapping_version INTEGER;
    """
}
