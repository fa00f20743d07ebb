/** What makes the pages about everything but invoices live. */
import {
  recentCases,
  recentDeliveries,
  recentEntries,
  recentIncidents,
  recentKeys,
  recentPeople,
  recentProviders,
  recentRefused,
  recentRuns,
  recentWebhooks,
} from '../../db/ops-changes.ts';
import type { LiveSource } from './live.ts';

export const RECORD_SOURCES: readonly LiveSource[] = [
  { topic: 'webhooks', read: recentWebhooks },
  { topic: 'refused', read: recentRefused },
  { topic: 'deliveries', read: recentDeliveries },
  { topic: 'cases', read: recentCases },
  { topic: 'runs', read: recentRuns },
  { topic: 'incidents', read: recentIncidents },
  { topic: 'audit', read: recentEntries },
  { topic: 'people', read: recentPeople },
  { topic: 'keys', read: recentKeys },
  { topic: 'providers', read: recentProviders },
];
