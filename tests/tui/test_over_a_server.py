"""The console over a server: tests of the console on a desk of its own, run once more on a desk behind a socket.

Each is chosen for a part that could know the difference: what is held and watched, forms and their rules, files, runs,
the board, views, locks, recorded steps. What comes here by import is collected here too.
"""

import pytest

from tests.tui.afar import over_a_server
from tests.tui.test_board import test_a_broadcast_reaches_every_console_and_each_puts_it_away_for_itself
from tests.tui.test_case import (
    test_both_press_the_same_verb_and_the_slower_is_told_who_and_what,
    test_one_look_shows_it_all,
    test_side_by_side_the_scroll_keys_move_one_of_the_two,
)
from tests.tui.test_compose import test_a_sent_reply_is_held_counted_down_and_can_be_recalled_as_a_draft
from tests.tui.test_files import test_files_are_listed_and_one_is_saved_to_a_folder_and_on_record
from tests.tui.test_filtering import test_a_view_is_kept_with_columns_shown_changed_shared_and_deleted
from tests.tui.test_form import (
    test_a_letter_has_its_day_by_the_published_calendar_and_an_owner_out_of_a_list,
    test_a_refund_shows_its_money_by_payment_and_a_double_press_pays_once,
    test_what_is_likely_is_filled_in_and_one_key_does_it,
)
from tests.tui.test_guided import test_a_shift_is_handed_over_from_one_list
from tests.tui.test_incident import test_an_incident_lets_all_that_fit_join_and_shows_them_and_what_failed
from tests.tui.test_many import test_a_run_is_taken_back_where_it_still_is_the_last_and_done_again
from tests.tui.test_privacy import test_a_lock_by_itself_takes_the_pin_and_nothing_else
from tests.tui.test_queue import test_undo_takes_back_the_last_verb_and_redo_does_it_again

__all__ = [
    "over_a_server",
    "test_a_broadcast_reaches_every_console_and_each_puts_it_away_for_itself",
    "test_a_letter_has_its_day_by_the_published_calendar_and_an_owner_out_of_a_list",
    "test_a_lock_by_itself_takes_the_pin_and_nothing_else",
    "test_a_refund_shows_its_money_by_payment_and_a_double_press_pays_once",
    "test_a_run_is_taken_back_where_it_still_is_the_last_and_done_again",
    "test_a_sent_reply_is_held_counted_down_and_can_be_recalled_as_a_draft",
    "test_a_shift_is_handed_over_from_one_list",
    "test_a_view_is_kept_with_columns_shown_changed_shared_and_deleted",
    "test_an_incident_lets_all_that_fit_join_and_shows_them_and_what_failed",
    "test_both_press_the_same_verb_and_the_slower_is_told_who_and_what",
    "test_files_are_listed_and_one_is_saved_to_a_folder_and_on_record",
    "test_one_look_shows_it_all",
    "test_side_by_side_the_scroll_keys_move_one_of_the_two",
    "test_undo_takes_back_the_last_verb_and_redo_does_it_again",
    "test_what_is_likely_is_filled_in_and_one_key_does_it",
]

pytestmark = pytest.mark.usefixtures("over_a_server")
