# one
// two
/* three
*/ a /* x */ = /* y */ 1 # end
