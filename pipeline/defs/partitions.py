"""One partition a day of scrapes."""

import os
from datetime import date

import dagster as dg

#: The first day that can hold scrapes; earlier ones need COPYDESK_FIRST_DAY. It is not read from
#: the inbox: days are known when the code is loaded, so an older folder that comes later would be
#: left alone, and an inbox that is cleared would take days off the pages of what is published.
FIRST_DAY = os.environ.get("COPYDESK_FIRST_DAY", "2000-01-01")

#: Scrapes of a day arrive during that day, so today is a partition too.
scrape_days = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=1)


def is_partition(day: date) -> bool:
    """Tell whether `day` can be processed: from FIRST_DAY to today."""
    return scrape_days.has_partition_key(day.isoformat())


def day_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> date:
    """Return the scrape day that a step works on."""
    return date.fromisoformat(context.partition_key)
