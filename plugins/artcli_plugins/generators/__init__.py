"""New works: painted by style transfer, or by networks that learnt from the contest's paintings."""
