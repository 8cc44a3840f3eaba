from hypothesis import settings

# A busy machine is slow and not wrong; what hypothesis finds is printed so that it can be repeated.
settings.register_profile("domain", deadline=None, print_blob=True)
settings.load_profile("domain")
