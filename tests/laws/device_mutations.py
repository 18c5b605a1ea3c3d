"""Ways to let somebody else speak for a device, for `make break-laws` beside those of mutations.py.

HQ applies (device, epoch, stream, sequence) once (law 5): that is worth nothing if another may say which device it is.
"""

from __future__ import annotations

from tests.laws.mutations import Mutation

SIGNED = "tests/cloud_api/test_signed_requests.py"
ENROLMENT = "tests/cloud_api/test_enrolment.py"
ROTATION = "tests/cloud_api/test_key_rotation.py"

DEVICE_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "devices: the body is not compared with what was signed",
        5,
        "sync/wire/signatures.py",
        (("    return None if same else Refusal.ALTERED_BODY\n", "    return None\n"),),
        (f"{SIGNED}::test_what_was_altered_on_the_way_is_refused",),
    ),
    Mutation(
        "devices: a signature need not cover the path",
        5,
        "sync/wire/signatures.py",
        (("    if not set(covered) <= set(signed.covered):\n", '    if "content-digest" not in signed.covered:\n'),),
        ("tests/sync/test_signatures.py::test_a_weaker_signature_is_refused",),
    ),
    Mutation(
        "devices: a request that was seen comes in again",
        5,
        "cloud_api/nonces.py",
        (
            (
                "            return True\n        self._slots.setdefault",
                "            pass\n        self._slots.setdefault",
            ),
        ),
        (f"{SIGNED}::test_a_request_comes_in_once",),
    ),
    Mutation(
        "devices: what was seen is forgotten while it is good",
        5,
        "cloud_api/nonces.py",
        (("slot < now_s // _SLOT_S]", "slot < now_s // _SLOT_S + 4]"),),
        (f"{SIGNED}::test_a_request_comes_in_once",),
    ),
    Mutation(
        "devices: HQ's nonce is good for any key",
        5,
        "cloud_api/nonces.py",
        (("told + key_id.encode(), ", "told, "),),
        (f"{SIGNED}::test_a_nonce_of_hq_is_good_once_for_its_key_and_for_two_minutes",),
    ),
    Mutation(
        "devices: the batch says whose it is",
        5,
        "cloud_api/push_door.py",
        (("        if batch.device != device.device:\n", "        if not batch.device:\n"),),
        (f"{SIGNED}::test_a_device_pushes_its_own_streams_only",),
    ),
    Mutation(
        "devices: a revoked one goes on",
        5,
        "cloud_api/store/keys.py",
        (
            (
                "    if revoked_ms is not None:\n        return Refusal.REVOKED\n    if retired_ms is not None:\n"
                "        return Refusal.UNKNOWN_KEY\n",
                "",
            ),
        ),
        (f"{SIGNED}::test_revoked_it_is_told_so_and_comes_back_by_a_new_code_only",),
    ),
    Mutation(
        "devices: the key of the settings file opens what has a key of its own",
        5,
        "cloud_api/store/keys.py",
        (("    if own_key is not None:\n        return Refusal.MISSING\n", ""),),
        (f"{SIGNED}::test_a_key_of_the_settings_file_is_good_until_the_device_has_its_own",),
    ),
    Mutation(
        "devices: a code can be used twice",
        5,
        "cloud_api/store/codes.py",
        (("        if used_ms is not None:\n", "        if used_by == key_id:\n"),),
        (f"{ENROLMENT}::test_a_code_is_good_once_and_for_a_quarter_of_an_hour",),
    ),
    Mutation(
        "devices: a code is good for ever",
        5,
        "cloud_api/store/codes.py",
        (("        if now_ms > until_ms:\n            return Denied.EXPIRED\n", ""),),
        (f"{ENROLMENT}::test_a_code_is_good_once_and_for_a_quarter_of_an_hour",),
    ),
    Mutation(
        "devices: codes may be guessed",
        5,
        "cloud_api/enrol_door.py",
        (("        near.spend(whose)", "        near.wait_s(whose)"),),
        (f"{ENROLMENT}::test_codes_are_not_guessed",),
    ),
    Mutation(
        "devices: enrolled anew it counts on in the old epoch",
        5,
        "cloud_api/store/codes.py",
        (("    return max(pushed, given) + 1\n", "    return max(pushed, given, 1)\n"),),
        (f"{ENROLMENT}::test_enrolled_anew_the_old_key_is_good_until_the_answer_is_here",),
    ),
    Mutation(
        "devices: the old key stays good beside the new one",
        5,
        "cloud_api/who_asks.py",
        (("        if key.first:\n", "        if key.first and not key.epoch:\n"),),
        (f"{ROTATION}::test_the_new_key_ends_the_old_one_when_it_is_used",),
    ),
    Mutation(
        "devices: a next key need not sign",
        5,
        "cloud_api/enrol_door.py",
        (("                refusal = _by_both(request, asker, told.public_key)\n", ""),),
        (f"{ROTATION}::test_both_keys_have_to_sign",),
    ),
    Mutation(
        "devices: the old key is dropped for anybody's word",
        5,
        "sync/enrolment/rotating.py",
        (("if response.status_code != 200 or not is_hqs(", "if response.status_code != 200 and not is_hqs("),),
        (f"{ROTATION}::test_a_word_that_is_not_hqs_drops_no_key",),
    ),
    Mutation(
        "devices: a lost answer makes another key",
        5,
        "sync/enrolment/enrolling.py",
        (("            return Asked(url, code_sha256, one.seed)\n", "            continue\n"),),
        (f"{ENROLMENT}::test_an_answer_that_was_lost_is_given_again",),
    ),
    Mutation(
        "devices: others of the machine may read the key",
        7,
        "sync/enrolment/kept.py",
        (("_PRIVATE = 0o600\n", "_PRIVATE = 0o644\n"),),
        ("tests/sync/test_enrolment_kept.py::test_what_is_kept_is_read_back",),
    ),
    Mutation(
        "devices: a till without a code does not start",
        8,
        "agent/hq_told.py",
        (("        if not told or self._not_enrolled_at():\n", "        if not told:\n"),),
        ("tests/agent/test_enroll_command.py::test_from_selling_alone_to_a_revoked_device",),
    ),
    Mutation(
        "devices: a till that lost its key does not start",
        8,
        "agent/daemon.py",
        (("if settings.hq is not None else (None, 1)\n", "if settings.hq is not None else (LOCAL, 1)\n"),),
        ("tests/agent/test_enroll_command.py::test_a_lost_key_closes_no_shop",),
    ),
)
