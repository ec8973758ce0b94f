import CMalloc

/// How the C library keeps the memory of a server.
enum Allocator {
  /// Two arenas are enough for threads that mostly wait, and keep the resident size down; and what is freed stays for the
  /// next request instead of being given back to the system and asked for again, thousands of times a second
  /// (mallopt(3)). Small pieces are joined when they are freed, not all at once whenever a large one is wanted, which a
  /// document makes thousands of small and a few large ones for. A value that the library does not take leaves its own, which works too.
  static func settle() {
    _ = mallopt(M_ARENA_MAX, 2)
    _ = mallopt(M_TRIM_THRESHOLD, 4 << 20)
    _ = mallopt(M_MXFAST, 0)
  }
}
