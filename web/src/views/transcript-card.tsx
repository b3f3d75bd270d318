import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatNumber, formatShare, formatStretch } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { IMPORT_TRANSCRIPT, TRANSCRIPT } from '../transcript-documents.js';
import type { Contradiction, ContradictionKind, Transcript } from '../transcript-types.js';
import { Icon } from './icon.js';
import { ToneLabel } from './tone-label.js';

const KINDS: Readonly<Record<ContradictionKind, string>> = {
  HAPPY_WORDS_SAD_VOICE: 'Happy words in a sad voice', SAD_WORDS_HAPPY_VOICE: 'Sad words in a happy voice', THREAT_CALM_VOICE: 'A threat in a calm voice', SARCASM_CANDIDATE: 'May be sarcasm',
};

interface Props {
  readonly api: Api;
  readonly analysisId: string;
  readonly labels: readonly string[];
  readonly canImport: boolean;
  readonly onPlay: (startSeconds: number, endSeconds: number) => void;
  /** The words of the segments have changed. */
  readonly onChange: () => void;
}

/** Words beside voice: where they go against each other, with the evidence. The words themselves stand beside the segments. */
export function TranscriptCard({ api, analysisId, labels, canImport, onPlay, onChange }: Props) {
  const [loaded, reload] = useLoaded(analysisId, async (signal) => (await api.run(TRANSCRIPT, { id: analysisId }, signal)).analysis?.transcript ?? null);
  if (loaded.kind !== 'ready' || (loaded.value === null && !canImport)) return null;
  return (
    <section class="card stack" aria-labelledby="transcript-title">
      <h2 class="card-title" id="transcript-title">Words and voice</h2>
      {loaded.value === null ? <p class="muted">Nobody has written down what is said.</p> : <Checked transcript={loaded.value} labels={labels} onPlay={onPlay} />}
      {canImport && <ImportForm api={api} analysisId={analysisId} isThere={loaded.value !== null} onImported={() => {
        reload();
        onChange();
      }} />}
    </section>
  );
}

function Checked({ transcript, labels, onPlay }: { readonly transcript: Transcript; readonly labels: readonly string[]; readonly onPlay: Props['onPlay'] }) {
  const { crossCheck } = transcript;
  return (
    <>
      <p class="small muted">{formatNumber(transcript.wordCount)} words, {transcript.source === 'IMPORT' ? 'imported' : `written down by ${transcript.engine}`}{transcript.language !== null && `, ${transcript.language}`}. They stand beside the segments; the result does not change by them.</p>
      {crossCheck === null ? <p class="muted">Words and voice were not compared.</p>
        : crossCheck.reason !== null ? <p class="muted">{crossCheck.reason}</p>
          : crossCheck.agreement !== null && <p>Words and voice agree <strong>{formatShare(crossCheck.agreement)}</strong>.</p>}
      {crossCheck !== null && crossCheck.contradictions.length > 0 && (
        <ul class="alerts" aria-label="Contradictions">
          {crossCheck.contradictions.map((one) => <li key={`${one.segmentIndex} ${one.kind}`}><ContradictionItem one={one} labels={labels} onPlay={onPlay} /></li>)}
        </ul>
      )}
    </>
  );
}

function ContradictionItem({ one, labels, onPlay }: { readonly one: Contradiction; readonly labels: readonly string[]; readonly onPlay: Props['onPlay'] }) {
  const stretch = formatStretch(one.startSeconds, one.endSeconds);
  return (
    <div class="alert">
      <p class="alert-head"><span class="severity severity--warning"><Icon name="warning" />{KINDS[one.kind]}</span> <button type="button" class="play-small" aria-label={`Play ${stretch}, ${KINDS[one.kind]}`} onClick={() => onPlay(one.startSeconds, one.endSeconds)}><Icon name="play" />{stretch}</button></p>
      <p>The words: {one.words.map(({ text, startSeconds, negated }, index) => <span key={`${startSeconds} ${text}`}>{index > 0 && ', '}“{text}”{negated && <span class="muted"> (negated)</span>}</span>)}</p>
      <p>The voice: <ToneLabel label={one.voiceLabel} labels={labels} />, {formatShare(one.voiceConfidence)} <span class="muted">· agreement {formatShare(one.agreement)}</span></p>
    </div>
  );
}

function ImportForm({ api, analysisId, isThere, onImported }: { readonly api: Api; readonly analysisId: string; readonly isThere: boolean; readonly onImported: () => void }) {
  const [content, setContent] = useState('');
  const [language, setLanguage] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setProblem(null);
    try {
      const { importTranscript: answer } = await api.run(IMPORT_TRANSCRIPT, { input: { analysisId, content, ...(language.trim() === '' ? {} : { language: language.trim() }) } });
      if (answer.code !== undefined) {
        setProblem(answer.message ?? answer.code);
        return;
      }
      setContent('');
      onImported();
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <details class="options">
      <summary>{isThere ? 'Put another transcript in its place' : 'Import a transcript'}</summary>
      <form class="options-body" onSubmit={(event) => void send(event)}>
        <label class="field">
          <span class="field-label">Transcript <span class="muted">(SRT, WebVTT or JSON with times)</span></span>
          <textarea class="editor editor--short" required spellcheck={false} value={content} onInput={(event) => setContent(event.currentTarget.value)} />
        </label>
        <label class="field"><span class="field-label">Or from a file</span><input class="input" type="file" accept=".srt,.vtt,.json,text/plain" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setContent)} /></label>
        <label class="field"><span class="field-label">Language <span class="muted">(such as en or zh-CN; as the text says when empty)</span></span><input class="input" value={language} onInput={(event) => setLanguage(event.currentTarget.value)} /></label>
        {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
        <div><button type="submit" class="button">Import</button></div>
      </form>
    </details>
  );
}
