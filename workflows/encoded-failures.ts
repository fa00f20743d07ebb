/** Failures whose message and stack trace travel in a payload, which a codec can encrypt. Loaded by path: `temporal/payload-codec.ts`. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
