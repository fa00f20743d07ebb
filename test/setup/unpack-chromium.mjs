/** Unpacks the Chromium of the npm package into TMPDIR, and says where the program is. */
import chromium from '@sparticuz/chromium';

process.stdout.write(await chromium.executablePath());
