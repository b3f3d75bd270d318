import { useEffect, useRef, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { startAnalysis } from '../start-analysis.js';
import type { AnalyzeChoices, Capabilities } from '../types.js';
import { AnalyzeOptions } from './analyze-options.js';
import { Notice } from './notice.js';

interface Props {
  readonly api: Api;
  readonly capabilities: Capabilities;
  readonly recordingId: string;
  /** True when there is no analysis yet. */
  readonly isFirst: boolean;
  readonly onStarted: (analysisId: string) => void;
}

export function AnalyzeAgain({ api, capabilities, recordingId, isFirst, onStarted }: Props) {
  const [choices, setChoices] = useState<AnalyzeChoices>({ model: undefined, raw: false, speakers: 'NONE' });
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const panel = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      if (!panel.current?.open || panel.current.contains(event.target as Node)) return;
      panel.current.open = false;
    };
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || !panel.current?.open) return;
      panel.current.open = false;
      panel.current.querySelector('summary')?.focus();
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', escape);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', escape);
    };
  }, []);
  const ask = async (): Promise<void> => {
    setAsking(true);
    setProblem(null);
    try {
      onStarted(await startAnalysis(api, recordingId, choices));
    } catch (error) {
      setProblem(toApiError(error).message);
    } finally {
      setAsking(false);
    }
  };
  return (
    <details class="options options--again" ref={panel} open={isFirst}>
      <summary>{isFirst ? 'Analyse' : 'Analyse again'}</summary>
      <div class="options-panel">
        <AnalyzeOptions capabilities={capabilities} choices={choices} onChange={setChoices} />
        {problem !== null && <Notice tone="error" title="The analysis did not start">{problem}</Notice>}
        <button type="button" class="button button--primary" disabled={isAsking} onClick={() => void ask()}>{isAsking ? 'Asking…' : 'Analyse'}</button>
      </div>
    </details>
  );
}
