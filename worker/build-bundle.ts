/** Builds the workflow bundles ahead of time, for an image whose files cannot be written later. */
import { workflowBundle } from './bundle.ts';

await workflowBundle();
await workflowBundle({ encodedFailures: true });
