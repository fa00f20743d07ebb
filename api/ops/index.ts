/** The operations pages: every part, once. A new part is one line in `PARTS`, and one in `SOURCES` if its pages are live. */
import { auditPart } from './audit.ts';
import { casesPart } from './cases.ts';
import { deliveriesPart } from './deliveries.ts';
import { merchantsPart } from './merchants.ts';
import { providersPart } from './providers.ts';
import { reconciliationPart } from './reconciliation.ts';
import { RECORD_SOURCES } from './record-sources.ts';
import { routingPart } from './routing.ts';
import { webhooksPart } from './webhooks.ts';
import { peoplePart } from './people.ts';
import { createArea, readForm, type OpsRoute } from './area.ts';
import { invoiceSource } from './invoice-source.ts';
import { createLive, type LiveSource } from './live.ts';
import type { OpsDependencies, OpsPart } from './page.ts';
import { incidentsPart } from './incidents.ts';
import { invoicePart } from './invoice.ts';
import { invoicesPart } from './invoices.ts';
import { overviewPart } from './overview.ts';
import { signInRoutes } from './sign-in.ts';

/** In the order of the navigation. */
const PARTS: readonly OpsPart[] = [
  overviewPart,
  invoicesPart,
  invoicePart,
  casesPart,
  webhooksPart,
  deliveriesPart,
  providersPart,
  routingPart,
  incidentsPart,
  reconciliationPart,
  auditPart,
  peoplePart,
  merchantsPart,
];
const SOURCES: readonly LiveSource[] = [invoiceSource, ...RECORD_SOURCES];

export function opsRoutes(dependencies: OpsDependencies): OpsRoute[] {
  const area = createArea(dependencies);
  const live = createLive(SOURCES, dependencies);
  const { show, enter, leave } = signInRoutes(dependencies, area.sessions);
  const parts = PARTS.map((part) => part(dependencies));
  return [
    { method: 'get', path: '/ops/sign-in', handlers: [show] },
    { method: 'post', path: '/ops/sign-in', handlers: [readForm, enter] },
    { method: 'post', path: '/ops/sign-out', handlers: [readForm, leave] },
    {
      method: 'get',
      path: '/ops/live',
      handlers: [
        async (request, response) => {
          const still = () => area.sessions.find(request, false);
          if ((await still()) === null) return void response.writeHead(401).end();
          const query = new URL(request.originalUrl, 'http://here').searchParams;
          const topics = (query.get('topics') ?? '').split(' ');
          live.open(response, { topics, since_ms: Number(query.get('since') ?? '') }, still);
        },
      ],
    },
    ...area.routes(
      parts.flatMap(({ pages }) => pages),
      parts.flatMap(({ actions }) => actions),
    ),
  ];
}
