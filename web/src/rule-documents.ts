import { operation } from './operation.js';
import type { Alert, Backtest, JsonValue, RuleDetail, RuleRange, RuleRow, RuleTarget, RuleTemplate, Severity } from './rule-types.js';
import type { PageInfo, Problem } from './types.js';

const TRACE = 'trace { path condition asked seen result atSeconds }';
export const ALERT = `id ruleId ruleName ruleVersion severity recordingId startSeconds endSeconds speakerKey createdAt isOfThePast acknowledgedAt acknowledgedBy acknowledgeNote
  actions { kind state message } ${TRACE}`;
const RULE_ROW = 'id name description enabled severity version firingCount updatedAt';
const PROBLEM = '... on Problem { code message } ... on BadInputProblem { field }';

type Answer<Success> = { __typename: string } & Partial<Success> & Partial<Problem> & { field?: string | null };

export const RULES = operation<{ rules: readonly RuleRow[]; ruleTemplates: readonly RuleTemplate[] }>(`query Rules {
  rules { ${RULE_ROW} }
  ruleTemplates { id definition }
}`);

export const RULE = operation<{ rule: RuleDetail | null }, { id: string }>(`query Rule($id: ID!) {
  rule(id: $id) { ${RULE_ROW} definition history { version definition note createdBy createdAt } }
}`);

export const CREATE_RULE = operation<{ createRule: Answer<{ id: string }> }, { input: { definition: JsonValue; note?: string } }>(`mutation CreateRule($input: RuleInput!) {
  createRule(input: $input) { __typename ... on Rule { id } ${PROBLEM} }
}`);

export const UPDATE_RULE = operation<{ updateRule: Answer<{ id: string }> }, { id: string; input: { definition: JsonValue; note?: string; expectedVersion: number } }>(`mutation UpdateRule($id: ID!, $input: UpdateRuleInput!) {
  updateRule(id: $id, input: $input) { __typename ... on Rule { id } ${PROBLEM} }
}`);

export const DELETE_RULE = operation<{ deleteRule: Answer<{ id: string }> }, { id: string }>(`mutation DeleteRule($id: ID!) {
  deleteRule(id: $id) { __typename ... on DeletedRule { id } ${PROBLEM} }
}`);

export const BACKTEST = operation<{ backtestRule: Answer<Backtest> }, { rule: RuleTarget; range: RuleRange }>(`mutation Backtest($rule: RuleTargetInput!, $range: RuleRangeInput) {
  backtestRule(rule: $rule, range: $range) {
    __typename
    ... on RuleBacktest {
      analysisCount segmentCount firedAnalysisCount firingCount suppressedCount firingsPerHour precisionReason nextAfter
      precision { value low high rightCount reviewedCount }
      examples { analysisId recordingId startSeconds endSeconds speakerKey ${TRACE} }
    }
    ${PROBLEM}
  }
}`);

export const APPLY_RULE = operation<{ applyRule: Answer<{ analysisCount: number; firingCount: number; newAlertCount: number; nextAfter: string | null }> }, { id: string; range: RuleRange }>(`mutation ApplyRule($id: ID!, $range: RuleRangeInput) {
  applyRule(id: $id, range: $range) { __typename ... on RuleApplication { analysisCount firingCount newAlertCount nextAfter } ${PROBLEM} }
}`);

export const ALERTS = operation<
  { alerts: { nodes: readonly Alert[]; pageInfo: PageInfo; totalCount: number } },
  { first: number; after: string | undefined; filter: { acknowledged?: boolean; severity?: Severity; ruleId?: string } }
>(`query Alerts($first: Int!, $after: String, $filter: AlertFilter) {
  alerts(first: $first, after: $after, filter: $filter) { nodes { ${ALERT} } pageInfo { hasNextPage endCursor } totalCount }
}`);

export const ACKNOWLEDGE = operation<{ acknowledgeAlert: Answer<Alert> }, { id: string; note: string | null }>(`mutation Acknowledge($id: ID!, $note: String) {
  acknowledgeAlert(id: $id, note: $note) { __typename ... on Alert { ${ALERT} } ${PROBLEM} }
}`);

export const ALERT_EVENTS = operation<{ alertRaised: { id: string } }>('subscription AlertEvents { alertRaised { id } }');
