// SyncModel
