package elasticsearch

// SetSpan makes a read go on in smaller parts.
func (d *Driver) SetSpan(n int64) { d.span = n }
