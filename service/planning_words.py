"""Owns the words by which plans, proposals and advice are told on the command line and pages."""

from __future__ import annotations

LABELS = {
    "en": {
        "region": "region",
        "planned": "planned",
        "held": "paired on the day",
        "fit": "fit",
        "change": "gain",
        "why": "why",
        "none": "–",
        "plan": "{kept} of {all} pairings of {day} are reproduced; to differ in the others {gains} "
        "{gain} points of fit.",
        "plan_same": "All {all} pairings of {day} are reproduced.",
        "gains": "gains",
        "costs": "costs",
        "left": "No company is left for: {names}.",
        "no_pairing": "No pairing holds on {day}.",
        "contradiction": "The rules contradict each other: {said}",
        "infeasible": "No plan meets all rules. Which of them contradict each other was not found "
        "within {seconds} seconds.",
        "unknown_plan": "No plan was found within {seconds} seconds. Whether there is one is not "
        "known.",
        "feasible": "This is the best plan found within {seconds} seconds; a better one may exist.",
        "known": "What is known: {regions} regions seek one company each, and {companies} "
        "companies take 1 to {most} regions each, {places} at most in all; {kept} pairings are "
        "to stay.",
        "more_time": "Allow more time, or ask for less.",
        "unknown_districts": "No proposal was found within {seconds} seconds. Whether there is one "
        "is not known.",
        "district": "district",
        "points": "points",
        "not": "not proposed, because",
        "part": "part",
        "worth": "worth",
        "crowding": "crowding",
        "unknown": "not told",
        "no_part": "The startup may apply to no part of the programme.",
    },
    "ko": {
        "region": "지역",
        "planned": "계획",
        "held": "그날의 짝",
        "fit": "적합도",
        "change": "이득",
        "why": "이유",
        "none": "–",
        "plan": "{day} 현재 {all}개 지역 가운데 {kept}곳의 짝을 재현했습니다. 나머지를 바꾸면 "
        "적합도 {gain}점을 {gains}.",
        "plan_same": "{day} 현재 짝 {all}개를 모두 재현했습니다.",
        "gains": "얻습니다",
        "costs": "잃습니다",
        "left": "기업을 얻지 못한 지역: {names}",
        "no_pairing": "{day}에 유효한 짝이 없습니다.",
        "contradiction": "규칙이 서로 모순됩니다: {said}",
        "infeasible": "모든 규칙을 지키는 계획은 없습니다. 어떤 규칙이 서로 모순되는지는 "
        "{seconds}초 안에 찾지 못했습니다.",
        "unknown_plan": "{seconds}초 안에 계획을 찾지 못했습니다. 가능한 계획이 있는지는 알 수 "
        "없습니다.",
        "feasible": "{seconds}초 안에 찾은 최선의 계획이며, 더 나은 계획이 있을 수 있습니다.",
        "known": "지금까지 아는 것: 기업이 하나씩 필요한 지역 {regions}곳, 지역을 1~{most}곳씩 "
        "맡는 기업 {companies}곳(모두 합쳐 최대 {places}곳), 그대로 두기로 한 짝 {kept}개.",
        "more_time": "시간을 늘리거나 조건을 줄여 주세요.",
        "unknown_districts": "{seconds}초 안에 제안을 찾지 못했습니다. 가능한 제안이 있는지는 "
        "알 수 없습니다.",
        "district": "특구",
        "points": "점수",
        "not": "제안하지 않는 이유",
        "part": "세부 프로그램",
        "worth": "기대값",
        "crowding": "붐빔",
        "unknown": "알 수 없음",
        "no_part": "신청할 수 있는 세부 프로그램이 없습니다.",
    },
}
