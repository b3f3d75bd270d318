import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/config.js';
import { createMetrics, registerMetrics } from '../../src/http/metrics.js';
import { createPlatformMetrics } from '../../src/http/platform-metrics.js';
import { createWebhookMetrics } from '../../src/http/webhook-metrics.js';
import { filesUnder, ROOT } from '../support/source-files.js';

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('dashboard and alert rules', () => {
  const app = Fastify();
  let known: ReadonlySet<string>;
  beforeAll(async () => {
    const { registry, observe } = createPlatformMetrics();
    observe({ queues: [], deadLetters: () => Promise.resolve(new Map()), models: () => [], freeBytes: () => Promise.resolve(null), tasks: () => Promise.resolve([]) });
    createWebhookMetrics(registry).observe(() => Promise.resolve([]));
    registerMetrics(app, createMetrics(registry));
    const metrics = await registry.getMetricsAsJSON();
    known = new Set(metrics.flatMap(({ name, type }) => [name, ...(String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [])]));
  });
  afterAll(() => app.close());

  it.each(['deploy/grafana/undertone.json', 'deploy/prometheus/alerts.yaml'])('name in %s only metrics that the platform has', (path) => {
    const named = [...new Set(text(path).match(/\bundertone_[a-z0-9_]+/g) ?? [])];
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !known.has(name) && !own.includes(name))).toEqual([]);
  });

  it('would be caught: a metric of another name is none of the platform’s', () => {
    expect(known.has('undertone_queue_depth')).toBe(false);
    expect(known.has('undertone_queue_depth_jobs')).toBe(true);
  });

  // Wherever they are made: one that this test does not make itself counts as well.
  const own = [...new Set(filesUnder(['src'], ['.ts']).flatMap((file) => [...text(file).matchAll(/(?:name: |gauge\()'(undertone_[a-z0-9_]+)'/g)].map((match) => match[1]!)))];

  it('show every metric of the platform’s own in the dashboard', () => {
    const shown = new Set(text('deploy/grafana/undertone.json').match(/\bundertone_[a-z0-9_]+/g));
    expect(own.length).toBeGreaterThan(25);
    expect(own.filter((name) => !['', '_bucket', '_sum', '_count'].some((end) => shown.has(name + end)))).toEqual([]);
  });

  it('end every name with its unit, or with what is counted', () => {
    expect(own.filter((name) => !/_(seconds|bytes|ratio|jobs|windows|info|total|websockets|webhooks|connections)$/.test(name))).toEqual([]);
  });

  it('tell for each alert what to do', () => {
    const alerts = text('deploy/prometheus/alerts.yaml').split('- alert: ').slice(1);
    expect(alerts.length).toBeGreaterThan(8);
    expect(alerts.filter((alert) => !/severity: (page|ticket)/.test(alert) || !/action: "/.test(alert) || !/for: \d+[mh]/.test(alert)).map((alert) => alert.split('\n')[0])).toEqual([]);
  });

  it('have panels with an id, a title and a query of their own', () => {
    const { panels } = JSON.parse(text('deploy/grafana/undertone.json')) as { panels: { id: number; title: string; targets: { expr: string; refId: string }[] }[] };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(panels.filter(({ targets }) => targets.length === 0 || new Set(targets.map(({ refId }) => refId)).size !== targets.length)).toEqual([]);
  });
});

describe('the image', () => {
  const stages = text('deploy/Dockerfile').split(/^FROM /m).slice(1);

  it('is built in one stage and runs in another, as an unprivileged user, with ffmpeg and a health check', () => {
    expect(stages.length).toBe(2);
    const last = stages.at(-1)!;
    expect(/^USER (\S+)$/m.exec(last)?.[1]).toBe('node');
    expect(last.indexOf('\nUSER ')).toBeGreaterThan(last.lastIndexOf('\nRUN '));
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toMatch(/apt-get install .*\bffmpeg\b/);
    expect(last).not.toMatch(/npm (ci|install)/);
  });

  it('copies only what is in the repository and not left out by its ignore file', () => {
    const taken = stages.flatMap((stage) => [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' ')));
    const allowed = new Set([...text('deploy/Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map((match) => match[1]!));
    expect(taken.length).toBeGreaterThan(10);
    expect(taken.filter((path) => !allowed.has(path))).toEqual([]);
    expect([...allowed].filter((path) => filesUnder(['.'], ['']).every((file) => file !== path && !file.startsWith(`${path}/`)))).toEqual([]);
  });

  it('has every folder that the program reads beside itself', () => {
    const read = new Set(filesUnder(['src'], ['.ts']).flatMap((file) => [...text(file).matchAll(/packageFolder\(\), '([\w.]+)'/g)].map((match) => match[1]!)));
    const inImage = [...stages.at(-1)!.matchAll(/^COPY .* \.\/(\w[\w.]*)/gm)].map((match) => match[1]!);
    expect([...read].sort()).toEqual(expect.arrayContaining(['models', 'package.json', 'rules', 'web']));
    expect([...read].filter((path) => path !== 'package.json' && !inImage.includes(path))).toEqual([]);
  });

  it('keeps the rules of the usual linters', () => {
    // Continued lines are one instruction; comments are none.
    const instructions = text('deploy/Dockerfile').replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '').split('\n').filter((line) => line !== '');
    const of = (name: string): string[] => instructions.filter((line) => line.startsWith(`${name} `));
    expect(instructions.filter((line) => !/^(FROM|WORKDIR|ENV|COPY|RUN|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) /.test(line))).toEqual([]);
    expect(of('WORKDIR').filter((line) => !line.startsWith('WORKDIR /'))).toEqual([]);
    expect([...of('ENTRYPOINT'), ...of('CMD')].filter((line) => !/^\w+ \[.*\]$/.test(line))).toEqual([]);
    expect([of('ENTRYPOINT').length, of('CMD').length, of('HEALTHCHECK').length]).toEqual([1, 1, 1]);
    const installing = of('RUN').filter((line) => line.includes('apt-get install'));
    expect(installing.filter((line) => !/apt-get update && apt-get install -y --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists\/\*/.test(line))).toEqual([]);
    expect(of('RUN').filter((line) => /\bsudo\b|\bapt \|curl|wget|[^|]\|[^|]/.test(line))).toEqual([]);
  });

  it('pins the major version of Node and holds no secret', () => {
    expect(stages.every((stage) => /^node:24-trixie-slim\b/.test(stage))).toBe(true);
    expect(text('deploy/Dockerfile')).not.toMatch(/KEY=|PASSWORD|SECRET/);
  });
});

describe('the compose file', () => {
  const compose = text('deploy/compose.yaml');

  it('sets only settings that there are', () => {
    const named = [...new Set([...`${compose}${text('deploy/Dockerfile')}`.matchAll(/\b(UNDERTONE_[A-Z_]+)\b/g)].map((match) => match[1]!))];
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  });

  it('has no secret in it, and refuses to start without those that it needs', () => {
    const secrets = [...compose.matchAll(/\$\{([A-Z_]*(?:KEY|PASSWORD|SECRET)[A-Z_]*)([^}]*)\}/g)];
    expect(secrets.length).toBeGreaterThan(4);
    expect(secrets.filter(([, , rest]) => !rest!.startsWith(':?')).map(([, name]) => name)).toEqual([]);
    const offered = [...text('deploy/.env.example').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]!);
    expect([...new Set(secrets.map(([, name]) => name!))].filter((name) => !offered.includes(name))).toEqual([]);
  });

  it('pins every image that it does not build, and is open to this machine alone', () => {
    const images = [...compose.matchAll(/^\s+image: (\S+)$/gm)].map((match) => match[1]!);
    expect(images.filter((image) => image !== 'undertone:latest' && !/:\d[\w.-]*$/.test(image))).toEqual([]);
    expect([...compose.matchAll(/^\s+ports: (.+)$/gm)].map((match) => match[1])).toEqual(['["${LISTEN:-127.0.0.1:4000}:4000"]']);
  });

  it('refers only to services, volumes and configs that there are, and waits for the health of those that tell it', () => {
    const section = (name: string): string => new RegExp(`^${name}:\\n((?:(?: .*)?\\n)*)`, 'm').exec(`${compose}\n`)![1]!;
    const entries = (name: string): Map<string, string> => new Map(section(name).split(/^ {2}(?=[\w-]+:)/m).filter((part) => /^[\w-]+:/.test(part)).map((part) => [part.slice(0, part.indexOf(':')), part]));
    const services = entries('services');
    expect([...services.keys()].sort()).toEqual(['api', 'bucket', 'database', 'objects', 'worker']);
    const waits = [...services.values()].flatMap((service) => [...service.matchAll(/^ {6}([\w-]+): \{ condition: (\w+) \}$/gm)].map(([, target, condition]) => ({ target: target!, condition: condition! })));
    expect(waits.length).toBeGreaterThan(3);
    expect(waits.filter(({ target }) => !services.has(target))).toEqual([]);
    // Our own image tells its health itself.
    expect(waits.filter(({ target, condition }) => condition === 'service_healthy' && !/healthcheck:|\*undertone/.test(services.get(target) ?? ''))).toEqual([]);
    const volumes = [...section('services').matchAll(/^\s+volumes: \["([\w-]+):/gm)].map((match) => match[1]!);
    expect(volumes.sort()).toEqual([...entries('volumes').keys()].sort());
    expect([...section('services').matchAll(/- source: ([\w-]+)/g)].map((match) => match[1])).toEqual([...entries('configs').keys()]);
    expect([...services.values()].filter((service) => !/^ {4}(restart:|<<: \*undertone)/m.test(service))).toEqual([]);
  });

  it('takes the database for healthy only by TCP, and the bucket for made only when it is listed', () => {
    // The server that the making of a database runs answers on its socket alone; the object store's shell ends with 0 whatever came of it.
    expect(/pg_isready [^"]*/.exec(compose)?.[0]).toContain('-h 127.0.0.1');
    const making = compose.slice(compose.indexOf('\n  bucket:'), compose.indexOf('\nconfigs:'));
    expect(making).toMatch(/s3\.bucket\.list.*grep.*exit 0[\s\S]*exit 1/);
  });

  it('gives the drain less time than the stop', () => {
    const graceSeconds = Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]);
    const drainMs = Number(/UNDERTONE_DRAIN_MS: "(\d+)"/.exec(compose)?.[1]);
    expect(drainMs / 1000).toBeLessThan(graceSeconds);
  });
});
