import FoundationEssentials
import SyncModel

/// The one place where the time of day is read.
enum SystemClock {
  static var now: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }
}
