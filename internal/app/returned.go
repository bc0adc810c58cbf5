package app

import (
	"context"

	"vestige/internal/errkind"
	"vestige/policies"
)

// returned looks, after the scan of a source, for people in it who were erased before. What was restored is erased again where the policy says so; all else
// is an alert.
func (a *App) returned(ctx context.Context, by, source string) error {
	if a.Policy.Restored != policies.EraseAgain {
		_, err := a.Engine.Returned(ctx, source, 0)
		return err
	}
	_, err := a.Requests.Replay(ctx, 0, source, by, nil)
	if errkind.Code(err) == "replaying" {
		return nil // which finds it too
	}
	return err
}
