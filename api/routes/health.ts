/** For load balancers: is the process up (`/healthz`), and can it do its work (`/readyz`)? */
import type { Request, Response } from 'express';
import { sendJson } from '../answer.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { runProbes } from '../probes.ts';

export function healthRoutes({ probes }: ApiDependencies) {
  const health = (_request: Request, response: Response): void => {
    sendJson(response, 200, JSON.stringify({ status: 'ok', uptime_s: Math.floor(process.uptime()) }));
  };

  const ready = async (_request: Request, response: Response): Promise<void> => {
    const checks = await runProbes(probes);
    const ok = checks.every((check) => check.ok);
    sendJson(response, ok ? 200 : 503, JSON.stringify({ status: ok ? 'ready' : 'not_ready', checks }));
  };

  return { health, ready };
}
