from hypothesis import settings

# An example's time says more about what else runs on the machine than about us.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
