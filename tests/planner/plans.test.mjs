// Plans against planners/plan.schema.json: ajv and our own check must both take what the program makes, and both refuse
// a plan that was changed, at the same place. `node --test plans.test.mjs` with PLAN_JUDGE and SPREADERS naming the programs.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const judge = process.env.PLAN_JUDGE;
const spreaders = process.env.SPREADERS;
const schema = JSON.parse(readFileSync(new URL("../../planners/plan.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
const validate = ajv.compile(schema);

const lines = (text) => text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
const run = (program, args, input) => execFileSync(program, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

// Where ajv sees something wrong; a missing or unknown member by its own pointer, as our check names it.
function pointersOfAjv(plan) {
  if (validate(plan)) return [];
  return validate.errors.map((error) =>
    error.keyword === "required" ? `${error.instancePath}/${escaped(error.params.missingProperty)}`
    : error.keyword === "additionalProperties" ? `${error.instancePath}/${escaped(error.params.additionalProperty)}`
    : error.instancePath);
}
const pointersOfOurs = (plans) => lines(run(judge, ["check"], plans.map((plan) => JSON.stringify(plan)).join("\n") + "\n"));

const files = readdirSync(".").filter((name) => name.endsWith(".jsonl"));
const plans = lines(run(judge, ["make", ...files]));

test("plans of all briefs fit, for ajv and for us", () => {
  const languages = new Set(plans.map((plan) => plan.brief.language));
  assert.deepStrictEqual([...languages].sort(), ["de", "en", "es", "fr", "ja", "pt"]);
  assert.ok(plans.length >= 400, `${plans.length} plans`);
  const ours = pointersOfOurs(plans);
  plans.forEach((plan, i) => {
    assert.deepStrictEqual(pointersOfAjv(plan), [], plan.goal.text);
    assert.deepStrictEqual(ours[i], [], plan.goal.text);
  });
  const statuses = new Set(plans.map((plan) => plan.status));
  for (const status of ["ready", "needs_input", "blocked", "draft"]) assert.ok(statuses.has(status), status);
});

test("a refused, blocked or open plan has nothing to run", () => {
  for (const plan of plans) {
    if (plan.status === "ready") continue;
    assert.strictEqual(plan.limits.max_messages, 0, plan.goal.text);
    if (plan.status === "blocked") assert.deepStrictEqual(plan.steps, [], plan.goal.text);
  }
});

// [pointer that both must name, pointer to change, new value (undefined = remove)]
const send = plans.find((plan) => plan.status === "ready" && plan.budget.total && plan.budget.allocations.length > 0 && plan.brief.kpis.length > 0 && plan.brief.offer);
const at = (id) => `/steps/${send.steps.findIndex((step) => step.id === id)}`;
const mutations = [
  ...["schema", "plan_id", "revision", "plan_hash", "tenant", "created_at", "now", "tz", "planner", "status", "goal", "brief", "budget", "estimates", "steps", "questions", "credential_requests", "content_briefs", "policy", "limits", "approvals"]
    .map((name) => [`/${name}`, `/${name}`, undefined]),
  ["/schema", "/schema", "spreaders.plan/2"],
  ["/plan_id", "/plan_id", "pln_short"],
  ["/plan_id", "/plan_id", "lst_judged0000000001"],
  ["/revision", "/revision", 0],
  ["/revision", "/revision", 1.5],
  ["/plan_hash", "/plan_hash", "sha256:abc"],
  ["/tenant", "/tenant", "wsp_judged01"],
  ["/created_at", "/created_at", "yesterday"],
  ["/now", "/now", 1763715600],
  ["/tz", "/tz", "x".repeat(65)],
  ["/planner/kind", "/planner/kind", "oracle"],
  ["/status", "/status", "sent"],
  ["/goal/text", "/goal/text", ""],
  ["/goal/text", "/goal/text", "é".repeat(8001)],
  ["/goal/source", "/goal/source", "telepathy"],
  ["/extra", "/extra", 1],
  ["/brief/mood", "/brief/mood", "good"],
  ["/brief/channels", "/brief/channels", undefined],
  ["/brief/channels/0/value", "/brief/channels/0/value", "fax"],
  ["/brief/channels/0/from", "/brief/channels/0/from", undefined],
  ["/brief/offer/value", "/brief/offer/value", "x".repeat(501)],
  ["/brief/offer/from/source", "/brief/offer/from/source", "guessed"],
  ["/brief/schedule/start", "/brief/schedule/start", "2026-02-30"],
  ["/brief/schedule/end", "/brief/schedule/end", undefined],
  ["/brief/kpis/0/cmp", "/brief/kpis/0/cmp", "~"],
  ["/brief/kpis/0/target", "/brief/kpis/0/target", "many"],
  ["/budget/total/amount_minor", "/budget/total/amount_minor", 250.5],
  ["/budget/total/amount_minor", "/budget/total/amount_minor", -1],
  ["/budget/total/currency", "/budget/total/currency", "usd"],
  ["/budget/allocations/0/basis", "/budget/allocations/0/basis", "gut"],
  ["/budget/period", "/budget/period", "year"],
  ["/estimates/risk", "/estimates/risk", "none"],
  ["/estimates/messages", "/estimates/messages", -5],
  [`${at("send")}/approval`, `${at("send")}/approval`, undefined],
  [`${at("send")}/approval/mode`, `${at("send")}/approval/mode`, "none"],
  [`${at("send")}/approval/mode`, `${at("send")}/approval/mode`, "maybe"],
  [`${at("send")}/idempotency_key`, `${at("send")}/idempotency_key`, undefined],
  [`${at("send")}/idempotency_key`, `${at("send")}/idempotency_key`, "idk_12"],
  [`${at("send")}/tool/name`, `${at("send")}/tool/name`, "email send"],
  [`${at("send")}/tool`, `${at("send")}/tool`, undefined],
  [`${at("send")}/args`, `${at("send")}/args`, undefined],
  [`${at("send")}/args`, `${at("send")}/args`, "campaign"],
  [`${at("send")}/labels`, `${at("send")}/labels`, undefined],
  [`${at("send")}/retry/max_attempts`, `${at("send")}/retry/max_attempts`, 11],
  [`${at("send")}/timeout_ms`, `${at("send")}/timeout_ms`, 1],
  [`${at("send")}/on_error`, `${at("send")}/on_error`, "shrug"],
  [`${at("send")}/risk/class`, `${at("send")}/risk/class`, "R9"],
  [`${at("send")}/connection`, `${at("send")}/connection`, "connection one"],
  [`${at("send")}/surprise`, `${at("send")}/surprise`, true],
  [`${at("report")}/id`, `${at("report")}/id`, "Report 1"],
  [`${at("wait_start")}/kind`, `${at("wait_start")}/kind`, "pause"],
  [`${at("send")}/compensate`, `${at("send")}/on_error`, "compensate"],
  ["/content_briefs/0/id", "/content_briefs/0/id", "brief one"],
  ["/content_briefs/0/variants", "/content_briefs/0/variants", "two"],
  ["/policy/verdict", "/policy/verdict", "shrug"],
  ["/steps", "/policy/verdict", "refuse"],
  ["/approvals", "/status", "approved"],
  ["/questions", "/status", "needs_input"],
  ["/limits/max_tool_calls", "/limits/max_tool_calls", 10001],
  ["/limits/max_messages", "/limits/max_messages", undefined],
  ["/limits/deadline", "/limits/deadline", "soon"],
];

function changed(plan, pointer, value) {
  const copy = structuredClone(plan);
  const path = pointer.split("/").slice(1);
  const last = path.pop();
  const place = path.reduce((node, name) => node[name], copy);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

test(`${mutations.length} changed plans are refused by both, at the same place`, () => {
  assert.ok(mutations.length >= 60);
  const wrong = mutations.map(([, pointer, value]) => changed(send, pointer, value));
  const ours = pointersOfOurs(wrong);
  mutations.forEach(([expected, pointer, value], i) => {
    const theirs = pointersOfAjv(wrong[i]);
    const what = `${pointer} = ${JSON.stringify(value)?.slice(0, 60)}: ajv ${theirs}, ours ${ours[i]}`;
    assert.ok(theirs.includes(expected), what);
    assert.ok(ours[i].includes(expected), what);
    for (const place of ours[i]) assert.ok(theirs.includes(place), `ours alone names ${place}: ${what}`);
  });
});

test("what a schema cannot say is still refused by us", () => {
  const cases = [
    ["/plan_hash", changed(send, "/limits/max_messages", 1_000_000)],
    [`${at("send")}/idempotency_key`, changed(send, `${at("send")}/args/campaign_id`, "cmp_another")],
    [`${at("send")}/depends_on`, changed(send, `${at("send")}/depends_on`, ["nothing"])],
    ["/budget/allocations", changed(send, "/budget/allocations/0/amount/amount_minor", 1)],
  ];
  const ours = pointersOfOurs(cases.map(([, plan]) => plan));
  cases.forEach(([expected, plan], i) => {
    assert.deepStrictEqual(pointersOfAjv(plan), []);
    assert.ok(ours[i].includes(expected), `${expected}: ${ours[i]}`);
  });
});

const goals = {
  en: "Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want 4% of them to order",
  es: "Manda un correo a los lectores del boletín sobre las chaquetas de otoño, 250 euros, desde mañana durante diez días, 40 pedidos",
  fr: "Envoie un e-mail aux abonnés de la newsletter sur les vestes d'automne, 250 euros, dès demain pendant dix jours, 40 commandes",
  de: "Schreib unseren Newsletter-Lesern eine E-Mail über die Herbstjacken, 250 Euro, ab morgen zehn Tage lang, 40 Bestellungen",
  pt: "Envie um e-mail aos leitores da newsletter sobre as jaquetas de outono, 250 reais, a partir de amanhã durante dez dias, 40 pedidos",
  ja: "明日から10日間、メルマガ会員に秋のジャケットをメールで案内。予算2万円、注文40件",
};

test("campaign_plan of the program makes plans that fit, in six languages", () => {
  const data = mkdtempSync(join(tmpdir(), "plans."));
  try {
    for (const [language, goal] of Object.entries(goals)) {
      const answer = JSON.parse(run(spreaders, ["call", "campaign_plan", JSON.stringify({ goal }), "--data-dir", data, "--http-port", "0"]));
      const plan = answer.plan ?? answer.structuredContent?.plan;
      assert.strictEqual(plan.brief.language, language);
      assert.deepStrictEqual(pointersOfAjv(plan), [], goal);
      assert.deepStrictEqual(pointersOfOurs([plan]), [[]], goal);
    }
  } finally {
    rmSync(data, { recursive: true });
  }
});
