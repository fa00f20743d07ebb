/** `npx sarraf …`, `npm run sarraf -- …`. */
import { runSarraf } from './merchant/program.ts';

await runSarraf(process.argv.slice(2));
