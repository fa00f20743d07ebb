/**
 * What was changed while runs were open, by the names under which histories know it. Each is asked about only where it makes a
 * difference, because asking is an event.
 */

/** More is authorized than is owed: the rest is let go. Before, every authorization was captured. */
export const LET_EXCESS_GO = 'let-excess-authorizations-go';
/** The moment of a timer has passed and the timer has not rung: what was due is done. Before, only the timer counted. */
export const TIME_COUNTS = 'time-counts-without-its-timer';
