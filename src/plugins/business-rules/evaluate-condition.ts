import { durationVerdict, gateVerdict, interruptionsVerdict, languageVerdict, modelVerdict, qualityVerdict, silenceVerdict, tagsVerdict, talkShareVerdict, timeOfDayVerdict, warningVerdict } from './recording-conditions.js';
import type { Condition } from './rule.schema.js';
import { abstainedVerdict, agreementVerdict, confidenceVerdict, labelVerdict, positionVerdict, scoreVerdict, speakerVerdict, wordsVerdict } from './segment-conditions.js';
import type { PreparedSubject } from './subject.js';
import { countVerdict, sequenceVerdict, shareVerdict, sustainedVerdict, trajectoryVerdict } from './temporal-conditions.js';
import { FALSE, resultOf, TRUE, UNKNOWN, type Place, type Verdict } from './verdict.js';

/** What a condition says at every moment of a subject. Pure: no clock, no chance, nothing but the two arguments. */
export function evaluateCondition(condition: Condition, subject: PreparedSubject, path: string): Verdict {
  const { moments } = subject;
  const at = (name: string): Place => ({ path: `${path}.${name}`, condition: name, moments });
  const inner = (one: Condition, place: string): Verdict => evaluateCondition(one, subject, `${path}.${place}`);

  if (condition.all !== undefined) return joined(condition.all.map((one, index) => inner(one, `all[${index}]`)), at('all'), FALSE, TRUE);
  if (condition.any !== undefined) return joined(condition.any.map((one, index) => inner(one, `any[${index}]`)), at('any'), TRUE, FALSE);
  if (condition.not !== undefined) return negated(inner(condition.not, 'not'), at('not'));
  if (condition.label !== undefined) return labelVerdict(condition.label, subject, at('label'));
  if (condition.score !== undefined) return scoreVerdict(condition.score, subject, at('score'));
  if (condition.confidence !== undefined) return confidenceVerdict(condition.confidence, subject, at('confidence'));
  if (condition.abstained !== undefined) return abstainedVerdict(condition.abstained, subject, at('abstained'));
  if (condition.duration !== undefined) return durationVerdict(condition.duration, subject, at('duration'));
  if (condition.sustained !== undefined) return sustainedVerdict(condition.sustained, inner(condition.sustained.when, 'sustained.when'), at('sustained'));
  if (condition.sequence !== undefined) return sequenceVerdict(condition.sequence, condition.sequence.steps.map((step, index) => inner(step.when, `sequence.steps[${index}].when`)), at('sequence'));
  if (condition.trajectory !== undefined) return trajectoryVerdict(condition.trajectory, at('trajectory'));
  if (condition.share !== undefined) return shareVerdict(condition.share, inner(condition.share.when, 'share.when'), at('share'));
  if (condition.count !== undefined) return countVerdict(condition.count, inner(condition.count.when, 'count.when'), at('count'));
  if (condition.speaker !== undefined) return speakerVerdict(condition.speaker, subject, at('speaker'));
  if (condition.words !== undefined) return wordsVerdict(condition.words, subject, at('words'));
  if (condition.agreement !== undefined) return agreementVerdict(condition.agreement, subject, at('agreement'));
  if (condition.quality !== undefined) return qualityVerdict(condition.quality, subject, at('quality'));
  if (condition.gate !== undefined) return gateVerdict(condition.gate, subject, at('gate'));
  if (condition.warning !== undefined) return warningVerdict(condition.warning, subject, at('warning'));
  if (condition.silence !== undefined) return silenceVerdict(condition.silence, subject, at('silence'));
  if (condition.interruptions !== undefined) return interruptionsVerdict(condition.interruptions, subject, at('interruptions'));
  if (condition.talkShare !== undefined) return talkShareVerdict(condition.talkShare, subject, at('talkShare'));
  if (condition.tags !== undefined) return tagsVerdict(condition.tags, subject, at('tags'));
  if (condition.language !== undefined) return languageVerdict(condition.language, subject, at('language'));
  if (condition.model !== undefined) return modelVerdict(condition.model, subject, at('model'));
  if (condition.timeOfDay !== undefined) return timeOfDayVerdict(condition.timeOfDay, subject, at('timeOfDay'));
  if (condition.position !== undefined) return positionVerdict(condition.position, subject, at('position'));
  throw new RangeError(`a condition without a name at ${path}: parseRule lets none through`);
}

/** `all` is decided by one FALSE, `any` by one TRUE; what is left is UNKNOWN where one is. */
function joined(parts: readonly Verdict[], place: Place, decisive: number, otherwise: number): Verdict {
  const values = new Int8Array(place.moments.length).fill(otherwise);
  for (const part of parts) {
    for (let i = 0; i < values.length; i++) {
      const value = part.values[i]!;
      if (value === decisive) values[i] = decisive;
      else if (value === UNKNOWN && values[i] !== decisive) values[i] = UNKNOWN;
    }
  }
  const isConstant = parts.every((part) => part.isConstant);
  return {
    values, isConstant,
    explain(i, lines) {
      const held = parts.filter((part) => part.values[i] === TRUE).length;
      lines.push({ path: place.path, condition: place.condition, asked: `${place.condition} of ${parts.length}`, seen: held, result: resultOf(values[i]!), atSeconds: isConstant ? null : place.moments[i]!.startSeconds });
      for (const part of parts) part.explain(i, lines);
    },
  };
}

function negated(part: Verdict, place: Place): Verdict {
  const values = part.values.map((value) => (value === UNKNOWN ? UNKNOWN : value === TRUE ? FALSE : TRUE));
  return {
    values, isConstant: part.isConstant,
    explain(i, lines) {
      lines.push({ path: place.path, condition: place.condition, asked: 'not the following', seen: resultOf(part.values[i]!), result: resultOf(values[i]!), atSeconds: part.isConstant ? null : place.moments[i]!.startSeconds });
      part.explain(i, lines);
    },
  };
}
