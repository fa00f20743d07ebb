/** The journey that the demo takes and the end-to-end tests check. */
import { workerKilled } from './crash-scene.ts';
import { everyProvider } from './every-provider-scene.ts';
import { lateMoney, repeatedAndForged, webhookLost } from './fapshi-scenes.ts';
import { expiredThenPaid, overpaid, paidByQr, paidInParts } from './finan-scenes.ts';
import type { Scene } from './scene.ts';

export type { Scene, Stage } from './scene.ts';

export const SCENES: readonly Scene[] = [
  paidByQr,
  paidInParts,
  overpaid,
  expiredThenPaid,
  webhookLost,
  lateMoney,
  repeatedAndForged,
  workerKilled,
  everyProvider,
];
