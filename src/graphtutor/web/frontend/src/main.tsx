import { render } from "preact";
import "./styles/page.css";
import "./styles/views.css";
import "./styles/documents.css";
import "./styles/narrow.css";
import "./styles/stage.css";
import { demoOn, startDemo } from "./state/demo";
import { expose } from "./state/exposed";
import { listenKeys } from "./state/keys";
import { startPlayer } from "./state/player";
import { applyPrefs } from "./state/prefs";
import { isClean, listen, route, WITHOUT_RUN } from "./state/route";
import { detail, source } from "./state/store";
import { OnlyServed, ProblemNote } from "./ui/bits";
import { Shell } from "./ui/Shell";
import { Stage } from "./ui/Stage";
import { Ask } from "./views/Ask";
import { Audit } from "./views/Audit";
import { Blueprints } from "./views/Blueprints";
import { Distribution } from "./views/Distribution";
import { Inference } from "./views/Inference";
import { Runs } from "./views/Runs";
import { Training } from "./views/Training";
import { TryIt } from "./views/TryIt";

const VIEWS = {
  runs: Runs,
  training: Training,
  inference: Inference,
  try: TryIt,
  distribution: Distribution,
  audit: Audit,
  ask: Ask,
  blueprints: Blueprints,
};

function App() {
  const view = route.value.view;
  if (demoOn.value || (isClean() && view === "inference")) return <Stage />;
  const View = VIEWS[view];
  if (WITHOUT_RUN.has(view) && !source.live) return <Shell><OnlyServed /></Shell>;
  const problem = view === "runs" || WITHOUT_RUN.has(view) ? null : detail.value.problem;
  return <Shell>{problem ? <ProblemNote problem={problem} again={detail.again} /> : <View />}</Shell>;
}

listen();
listenKeys();
applyPrefs();
startPlayer();
startDemo();
expose();
render(<App />, document.getElementById("app")!);
