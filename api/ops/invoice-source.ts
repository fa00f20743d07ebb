/** What makes the pages about invoices live. */
import { recentlyChanged } from '../../db/ops-invoices.ts';
import type { LiveSource } from './live.ts';

export const invoiceSource: LiveSource = { topic: 'invoices', read: recentlyChanged };
