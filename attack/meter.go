package attack

// Meter takes what engines report and turns it into seconds on disk.
type Meter struct{}
