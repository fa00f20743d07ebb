/**
 * What the operator says to a number. Fapshi's sandbox has numbers that always succeed and numbers that always fail;
 * with any other number it throws dice, while this simulator waits for a person or the control API to decide.
 * Sources: docs.fapshi.com "Live vs Sandbox Environment", "Make a Payout".
 */
const SUCCEEDING = new Set([
  '670000000',
  '670000002',
  '650000000',
  '690000000',
  '690000002',
  '656000000',
  'test.success@fapshi.com',
  'messi.champion@fapshi.com',
]);
const FAILING = new Set([
  '670000001',
  '670000003',
  '650000001',
  '690000001',
  '690000003',
  '656000001',
  'test.failed@fapshi.com',
  'penaldo.test@fapshi.com',
]);

/** What happens to a payment from or to this phone number or e-mail address. */
export function outcomeOf(phoneOrEmail: string): 'success' | 'failure' | 'undecided' {
  if (SUCCEEDING.has(phoneOrEmail)) return 'success';
  return FAILING.has(phoneOrEmail) ? 'failure' : 'undecided';
}
