"""What the visitors of a simulated day are told: the office's forecast, and the naive quotient beside it."""

from __future__ import annotations

import math
import time
from random import Random

from appliance.domain.forecasts.durations import Past, learn, past_of
from appliance.domain.forecasts.forecast import RUNS, naive_s, predict
from appliance.domain.forecasts.hall import survey
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Category
from appliance.domain.tickets import Told
from appliance.simulation.arrivals import lognormal_s
from appliance.simulation.scene import Scene


class Telling:
    """The estimate for the visitors of one scene. `cpu_ms`: what each estimate took."""

    def __init__(self, scene: Scene, runs: int = RUNS) -> None:
        self._scene, self._runs = scene, runs
        self._chance = scene.dice("forecast").random
        self.past = past_of_scene(scene)
        self.cpu_ms: list[float] = []

    def told(self, office: Office, now: Now, service: str, category: Category | None) -> Told | None:
        """The wait of a newcomer; `naive` is reckoned with the true mean, which the forecast doesn't know."""
        plan = self._scene.plan
        began = time.process_time()
        hall = survey(plan, office, now)
        learnt = learn(plan, office, now, self.past)
        head_s = category.head_start_min * 60.0 if category is not None else None
        wanted = 1 << hall.services.index(service)
        found = predict(hall, learnt, self._chance, heads=(head_s,), wanted=wanted, runs=self._runs).get(
            (head_s, service)
        )
        self.cpu_ms.append((time.process_time() - began) * 1000)
        if found is None:
            return None
        naive = naive_s(hall, service, self._scene.means_s[service])
        return Told(math.floor(found.low_s), math.ceil(found.high_s), round(found.mean_s), round(naive))


def past_of_scene(scene: Scene) -> Past:
    """What the office would have kept of so many earlier days with as many visitors."""
    dice = Random(f"{scene.seed}:past")
    names = list(scene.weights)
    asked = dice.choices(names, [scene.weights[name] for name in names], k=scene.past_days * scene.visits)
    return past_of((name, lognormal_s(dice, scene.means_s[name], scene.cv)) for name in asked)
