"""Words for what a chart shows, the same in tables, figures and sentences."""

# Variation, after NHS Making Data Count: the latest result against normal variation.
SIGNAL = {
    "improvement": "improving",
    "concern": "worsening",
    "neutral": "changed",
    "common cause": "normal variation",
    "": "no limits",
}
# Assurance: the limits of the process against its target, which is about the future and not about history.
TARGET_STATUS = {
    "consistently passes": "will meet it",
    "consistently fails": "will not meet it",
    "hit and miss": "may or may not meet it",
    "": "",
}
