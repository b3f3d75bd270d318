import type { Api } from '../api.js';
import { formatLength, formatNumber, formatShare } from '../format.js';
import type { AnalysisDetail, Conversation, Speaker } from '../types.js';
import { roleSourceWord, speakerWord } from '../words.js';
import { SpeakerRole } from './speaker-role.js';
import { VerdictLabel } from './tone-label.js';

interface Props {
  readonly api: Api;
  readonly analysis: AnalysisDetail;
  readonly canEdit: boolean;
  readonly onChange: () => void;
}

function figuresOf(talk: Conversation): readonly { readonly name: string; readonly value: string; readonly meaning: string }[] {
  return [
    { name: 'Talk', value: formatLength(talk.speechSeconds), meaning: `${formatLength(talk.overlapSeconds)} of it by several at once` },
    { name: 'Silence', value: formatLength(talk.silenceSeconds), meaning: `${formatShare(talk.silenceRatio)} of the recording; the longest ${formatLength(talk.longestSilenceSeconds)}` },
    { name: 'Changes of speaker', value: formatNumber(talk.speakerChangeCount), meaning: 'times that the next turn is another’s' },
    { name: 'Interruptions', value: formatNumber(talk.interruptionCount), meaning: 'times that somebody took the floor in mid-turn' },
  ];
}

/** Who took part and how: talk, turns, interruptions and what each voice expressed. */
export function SpeakersCard({ api, analysis, canEdit, onChange }: Props) {
  const { speakers, conversation, model } = analysis;
  if (speakers.length === 0) return null;
  return (
    <section class="card speakers-card" aria-labelledby="speakers-title">
      <h2 class="card-title" id="speakers-title">Who speaks <span class="muted">{speakers.length}</span></h2>
      <div class="table-scroll" role="region" aria-labelledby="speakers-title" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Speaker</th><th scope="col">Expressed</th><th scope="col">Talk</th><th scope="col">Turns</th><th scope="col">Interrupts</th><th scope="col">Answers after</th>
            </tr>
          </thead>
          <tbody>{speakers.map((speaker) => <SpeakerRow key={speaker.id} api={api} speaker={speaker} labels={model.labels} canEdit={canEdit} onChange={onChange} />)}</tbody>
        </table>
      </div>
      {conversation && (
        <dl class="figures">
          {figuresOf(conversation).map(({ name, value, meaning }) => (
            <div key={name} class="figure"><dt>{name}</dt><dd><span class="figure-value">{value}</span><span class="small muted">{meaning}</span></dd></div>
          ))}
        </dl>
      )}
    </section>
  );
}

interface RowProps {
  readonly api: Api;
  readonly speaker: Speaker;
  readonly labels: readonly string[];
  readonly canEdit: boolean;
  readonly onChange: () => void;
}

function SpeakerRow({ api, speaker, labels, canEdit, onChange }: RowProps) {
  const { figures } = speaker;
  return (
    <tr>
      <td class="top">
        <strong>{speakerWord(speaker)}</strong>
        <span class="small muted">{speaker.role === null ? roleSourceWord(null) : `${speaker.key}, ${roleSourceWord(speaker.roleSource)}`}</span>
        <SpeakerRole api={api} speaker={speaker} canEdit={canEdit} onChange={onChange} />
      </td>
      <td class="top">
        {speaker.summary ? <VerdictLabel verdict={speaker.summary} labels={labels} /> : <span class="muted">nothing judged</span>}
        {speaker.summary && <span class="small muted">confidence {formatShare(speaker.summary.confidence)}</span>}
      </td>
      <td class="top">
        <span class="talk">
          <span>{formatLength(speaker.talkSeconds)}{figures && <span class="muted"> · {formatShare(figures.talkShare)}</span>}</span>
          {figures && <span class="talk-track" aria-hidden="true"><span class="talk-bar" style={{ width: `${(figures.talkShare * 100).toFixed(1)}%` }} /></span>}
        </span>
      </td>
      <td class="top">{figures ? <>{formatNumber(figures.turnCount)}<span class="small muted">{formatLength(figures.meanTurnSeconds)} each, {formatLength(figures.longestTurnSeconds)} at most</span></> : '–'}</td>
      <td class="top">{figures ? <>{formatNumber(figures.interruptionCount)}<span class="small muted">is interrupted {formatNumber(figures.interruptedCount)}</span></> : '–'}</td>
      <td class="top">{figures?.responseSeconds == null ? <span class="muted">never</span> : <>{formatNumber(figures.responseSeconds, 1)} s<span class="small muted">the middle of its answers</span></>}</td>
    </tr>
  );
}
