import { Gauge, type Registry } from 'prom-client';
import type { StepFigures } from '../domain/plugin-figures.js';

const LABELS = ['plugin', 'step'] as const;

/** Read when somebody asks: plugins keep their own figures and know nothing of metrics. */
export function registerPluginMetrics(registry: Registry, figures: () => readonly StepFigures[]): void {
  const add = (name: string, help: string, valueOf: (step: StepFigures) => number): void => {
    new Gauge({
      name, help, labelNames: LABELS, registers: [registry],
      collect() {
        for (const step of figures()) this.set({ plugin: step.plugin, step: step.step }, valueOf(step));
      },
    });
  };
  add('undertone_plugin_calls', 'Calls of steps, listeners and GraphQL fields of plugins since the start.', (step) => step.calls);
  add('undertone_plugin_failures', 'Calls that threw or took too long since the start.', (step) => step.failures);
  add('undertone_plugin_left_out', 'Calls that were not made because the circuit was open.', (step) => step.leftOut);
  add('undertone_plugin_seconds', 'Time spent in calls since the start.', (step) => step.seconds);
  add('undertone_plugin_circuit_open', '1 while a step or field is left out after repeated failure.', (step) => (step.isOpen ? 1 : 0));
}
