import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { OpenSpan, SpanOptions, Tracing } from '../domain/tracing.js';

export interface TracingOptions {
  /** Where traces are posted to (`…/v1/traces`). Headers, time-outs and the sampler come from the standard OTEL_* variables. */
  readonly url: string;
  readonly version: string;
  /** `serve` or `worker`. */
  readonly role: string;
}

const KINDS = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL } as const;

/** Spans over OTLP/HTTP. A collector that is slow or gone costs spans, never work. One of these a process. */
export function createOtelTracing({ url, version, role }: TracingOptions): Tracing {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'undertone', 'service.version': version, 'undertone.role': role, 'process.pid': process.pid }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }), { scheduledDelayMillis: 1_000 })],
  });
  // Registers the async context manager and the W3C propagator.
  provider.register();
  const tracer = provider.getTracer('undertone', version);

  return {
    begin(name, options = {}) {
      const within = parentContext(options);
      const span = tracer.startSpan(name, { kind: KINDS[options.kind ?? 'internal'], attributes: options.attributes as Attributes }, within);
      return openSpan(trace.setSpan(within, span));
    },
    record(name, startedAtMs, endedAtMs, attributes) {
      tracer.startSpan(name, { startTime: startedAtMs, attributes }).end(endedAtMs);
    },
    current() {
      const carrier: { traceparent?: string } = {};
      propagation.inject(context.active(), carrier);
      return carrier.traceparent ?? null;
    },
    async stop() {
      await provider.shutdown().catch(() => undefined);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

function parentContext({ parent }: SpanOptions): Context {
  if (parent === undefined) return context.active();
  return parent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent: parent });
}

function openSpan(within: Context): OpenSpan {
  const span = trace.getSpan(within)!;
  return {
    traceId: span.spanContext().traceId,
    within: (work) => context.with(within, work),
    set: (attributes) => void span.setAttributes(attributes),
    end(failureCode = null) {
      if (failureCode !== null) span.setAttribute('error.type', failureCode).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
