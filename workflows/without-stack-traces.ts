/**
 * Loaded once per workflow thread, before any workflow. The SDK takes a stack trace of every promise that a workflow makes, for a
 * query that nobody here asks; with the ten frames that V8 gives by default that is a quarter of the thread's work. What a workflow waits
 * for is said by its timers' summaries and its current details.
 */
Error.stackTraceLimit = 0;
