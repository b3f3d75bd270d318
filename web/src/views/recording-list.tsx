import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { RECORDINGS } from '../documents.js';
import { formatMoment, formatTime } from '../format.js';
import { usePages } from '../hooks/use-pages.js';
import { recordingHref } from '../hooks/use-route.js';
import type { RecordingRow } from '../types.js';
import { statusWord } from '../words.js';
import { Notice } from './notice.js';
import { VerdictLabel } from './tone-label.js';

const PAGE_SIZE = 20;
const TYPING_PAUSE_MS = 250;

interface Props {
  readonly api: Api;
  readonly changes: number;
  readonly openId: string | null;
}

export function RecordingList({ api, changes, openId }: Props) {
  const [text, setText] = useState('');
  const [search, setSearch] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const pages = usePages<RecordingRow>(search, changes, async (after, signal) => {
    return (await api.run(RECORDINGS, { first: PAGE_SIZE, after, search: search === '' ? undefined : search }, signal)).recordings;
  });
  const isBare = pages.nodes.length === 0 && search === '' && !pages.isLoading;
  return (
    <section class="list" aria-labelledby="list-title">
      <div class="list-head">
        <h2 id="list-title">Recordings</h2>
        {pages.totalCount > 0 && <span class="small muted">{pages.totalCount}</span>}
      </div>
      {!isBare && <input class="input" type="search" placeholder="Search by name" aria-label="Search recordings by name" value={text} onInput={(event) => setText(event.currentTarget.value)} />}
      {pages.error && <Notice tone="error" title="The list could not be loaded" action={{ label: 'Try again', run: pages.reload }}>{pages.error.message}</Notice>}
      {isBare && !pages.error && <p class="small muted">Recordings that you add are kept here.</p>}
      {pages.nodes.length === 0 && search !== '' && !pages.isLoading && <p class="small muted">Nothing is called “{search}”.</p>}
      <ul class="rows">
        {pages.nodes.map((recording) => (
          <li key={recording.id}>
            <a class="row" href={recordingHref(recording.id)} aria-current={recording.id === openId ? 'page' : undefined}>
              <span class="row-name clip">{recording.title ?? recording.fileName}</span>
              <span class="row-facts small muted">
                <RowVerdict recording={recording} />
                <span class="row-when">{recording.durationSeconds !== null && `${formatTime(recording.durationSeconds)} · `}{formatMoment(recording.createdAt)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
      {pages.hasMore && <button type="button" class="button button--wide" disabled={pages.isLoading} onClick={pages.loadMore}>Show more</button>}
    </section>
  );
}

function RowVerdict({ recording }: { readonly recording: RecordingRow }) {
  const analysis = recording.latestAnalysis;
  if (!analysis) return <span>not analysed</span>;
  if (analysis.status !== 'SUCCEEDED') return <span class={`status status--${analysis.status.toLowerCase()}`}>{statusWord(analysis.status)}</span>;
  return analysis.summary ? <VerdictLabel verdict={analysis.summary} /> : <span>nothing judged</span>;
}
