actor Person {
  permissions = ["phone"];
  relations = { carer: Person };
  "phone" if "carer";
}

resource Chart {
  permissions = ["read", "amend"];
  relations = { patient: Person, doctor: Person };
  "amend" if "doctor";
  "read" if "doctor";
  "read" if "patient";
  "read" if "carer" on "patient";
}

test "the carer of the patient reads the chart" {
  setup {
    has_relation(Chart{"c"}, "patient", Person{"pat"});
    has_relation(Chart{"c"}, "doctor", Person{"doc"});
    has_relation(Person{"pat"}, "carer", Person{"mum"});
  }
  assert allow(p: Person, "read", Chart{"c"}) iff p in [Person{"pat"}, Person{"doc"}, Person{"mum"}];
  assert allow(p: Person, "amend", Chart{"c"}) iff p in [Person{"doc"}];
  assert allow(Person{"mum"}, "phone", Person{"pat"});
}
