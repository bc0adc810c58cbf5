// Package crash marks the places at which a process may be killed without anything being lost: around every commit of the journal and every
// act. In a build for tests (tag crashtest) the environment variable VESTIGE_CRASH names one of them ("act:after", or "act:after#3" for the
// third time it is reached), and the process kills itself there as kill -9 would. In every other build At does nothing.
package crash

// Variable names the environment variable that a build for tests reads.
const Variable = "VESTIGE_CRASH"
